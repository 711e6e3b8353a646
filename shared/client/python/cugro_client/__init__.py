"""A client of a CuGRO gateway: datasets in, events, actions and results out.

    from cugro_client import Client

    client = Client()                                  # CUGRO_URL and CUGRO_TOKEN, or Client(url, token)
    client.learners.create("walker")
    events = client.events("walker")
    client.tasks.upload_file("walker", "task1.hdf5")
    next(event for event in events if event.type == "cugro.version.published")
    action = client.policy("walker", task=1).act(observation)
    client.tables.results("walker")                    # a pandas frame where pandas is there
"""
from .client import Client
from .errors import (
    BadRequest,
    Conflict,
    CugroError,
    FieldFault,
    Forbidden,
    GatewayError,
    NotFound,
    TooLarge,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    Unprocessable,
    Unreachable,
)
from .events import Event, EventStream
from .policies import ActAnswer, BundlePolicy, Policy, RemotePolicy
from .signatures import BadSignature, verify_webhook
from .tables import Tables

__all__ = [
    "ActAnswer", "BadRequest", "BadSignature", "BundlePolicy", "Client", "Conflict", "CugroError", "Event", "EventStream", "FieldFault",
    "Forbidden", "GatewayError", "NotFound", "Policy", "RemotePolicy", "Tables", "TooLarge", "TooManyRequests",
    "Unauthorized", "Unavailable", "Unprocessable", "Unreachable", "verify_webhook",
]
