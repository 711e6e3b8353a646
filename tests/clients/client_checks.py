"""What the Python client does on a gateway that has the learner `team-a`, of two versions; run by python_client_test.ts."""
import base64
import builtins
import hashlib
import hmac
import json
import sys
import threading
from urllib.request import urlopen

import numpy as np

from cugro_client import (
    BadRequest, BadSignature, BundlePolicy, Client, Conflict, GatewayError, NotFound, TooLarge, Unauthorized, Unprocessable,
    Unreachable, verify_webhook,
)
from cugro_client.tables import columns

methods, has_onnxruntime, reader = json.loads(sys.argv[1]), sys.argv[2] == "true", sys.argv[3]


def refusal(kind, run):
    try:
        run()
    except kind as error:
        return error
    raise AssertionError(f"{run} was not refused")


def has_the_methods_of_the_other_client(client):
    snake = lambda name: "".join("_" + letter.lower() if letter.isupper() else letter for letter in name)
    missing = []
    for path in methods:
        found = client
        for name in path.split("."):
            found = getattr(found, snake(name), None)
        if not callable(found):
            missing.append(path)
    # A control loop asks over HTTP here, with a connection that stays open.
    assert missing == ["actOverWebSocket"], missing


def says_what_is_wrong(client):
    error = refusal(Unauthorized, lambda: Client(token="wrong").learners.list())
    assert error.request_id and "token" in error.detail, error
    error = refusal(BadRequest, lambda: client.learners.create("b", preset="smok"))
    assert [(fault.field, fault.value) for fault in error.errors] == [("body.preset", "smok")], error
    assert "body.preset is 'smok'" in str(error), error
    error = refusal(Unprocessable, lambda: client.learners.create("b", preset="smoke", overrides={"behaviorSteps": 6000}))
    assert error.errors[0].field == "body.overrides" and error.errors[0].value == {"behaviorSteps": 6000}, error
    error = refusal(NotFound, lambda: client.versions.show("team-a", 9))
    assert error.status == 404 and "no version 9" in str(error), error
    refusal(NotFound, lambda: client.results("a/../../token"))
    refusal(Conflict, lambda: client.learners.create("team-a"))
    error = refusal(GatewayError, lambda: Client(token=reader).learners.delete("team-a"))
    assert type(error).__name__ == "Forbidden", error
    error = refusal(Unreachable, lambda: Client("http://127.0.0.1:9", "x", retries=0).learners.list())
    assert "127.0.0.1:9" in str(error), error
    assert "url must be like" in str(refusal(ValueError, lambda: Client("localhost", "x")))


def tells_no_secret(client):
    # As it is read from a file.
    assert Client(token=reader + "\n").token()["scopes"] == ["read"]
    for token in (f"{reader}\nx: y", f"{reader} {reader}", f"{reader}\u00fc"):
        error = refusal(ValueError, lambda: Client("http://127.0.0.1:9", token, retries=0).learners.list())
        assert "token must be" in str(error) and reader not in repr(error), error
    error = refusal(ValueError, lambda: Client(f"http://me:{reader}@127.0.0.1:9", "x", retries=0).learners.list())
    assert reader not in repr(error), error


def believes_nobody_without_a_secret():
    body = b'{"type": "cugro.version.published", "subject": "a", "data": {}, "id": "x"}'

    def signed(key, sent="1000"):
        made = base64.b64encode(hmac.new(key, f"x.{sent}.".encode() + body, hashlib.sha256).digest()).decode()
        return {"webhook-id": "x", "webhook-timestamp": sent, "webhook-signature": f"v1,{made}"}

    key = bytes(range(32))
    secret = "whsec_" + base64.b64encode(key).decode()
    assert verify_webhook(secret, signed(key), body, now=1000.0).id == "x"
    # What is left of these is a key that anybody has.
    for empty in ("", "whsec_", "whsec_....", "whsec_AA=="):
        refusal(ValueError, lambda: verify_webhook(empty, signed(b""), body, now=1000.0))
    for sent in ("\u00b2", "9" * 5000, "-1", "1e3"):
        refusal(BadSignature, lambda: verify_webhook(secret, signed(key, sent), body, now=1000.0))


def hands_files_over(client):
    seen = []
    bytes_ = np.random.default_rng(0).bytes(1 << 20)
    first = client.tasks.upload("team-a", "one.hdf5", bytes_, progress=lambda *at: seen.append(at))
    assert first["added"] and first["size"] == 1 << 20, first
    assert seen[0] == (0, 1 << 20) and seen[-1] == (1 << 20, 1 << 20) and seen == sorted(seen) and len(seen) > 10, seen
    again = client.tasks.upload("team-a", "other.hdf5", bytes_)
    assert not again["added"] and again["seq"] == first["seq"], again
    assert client.tasks.arrival("team-a", first["seq"])["seq"] == first["seq"]
    error = refusal(TooLarge, lambda: client.tasks.upload("team-a", "large.hdf5", bytes(5 << 20)))
    assert "bytes" in error.detail, error
    with open("rows.csv", "w") as file:
        lines = [f"{i},{i / 7},0.{i % 10},1,0,{int(i % 10 == 9)}\n" for i in range(80)]
        file.write("x,y,push,reward,terminal,timeout\n" + "".join(lines))
    wrong = client.tasks.validate("team-a", "rows.csv")
    assert not wrong["ok"] and wrong["error"]["message"], wrong
    reading = {"map": {"observations": ["x", "y"], "actions": ["push"], "rewards": ["reward"], "terminals": ["terminal"],
                       "timeouts": ["timeout"]}, "actionLimit": 1}
    right = client.tasks.validate("team-a", "rows.csv", reading=reading)
    assert right["ok"] and (right["size"], right["stateDim"]) == (80, 2), right
    refusal(IsADirectoryError, lambda: client.tasks.upload_file("team-a", "."))


class Shrinking:
    """A file that loses its end while it is sent."""

    def __init__(self):
        self.left = 100_000

    def tell(self):
        return 0

    def seek(self, offset, whence=0):
        return 200_000 if whence == 2 else 0

    def read(self, size):
        size = min(size, self.left)
        self.left -= size
        return bytes(size)


def acts(client):
    policy = client.policy("team-a", task=2)
    assert policy.tasks == [1, 2], policy.tasks
    one, many = policy.act([0.1, 0.2, 0.3]), policy.act(np.full((3, 3), 0.1))
    assert one.shape == (2,) and one.dtype == np.float32 and many.shape == (3, 2), (one, many)
    assert np.array_equal(policy.act([0.1, 0.2, 0.3]), one) and np.array_equal(policy.predict([0.1, 0.2, 0.3])[0], one)
    answer = policy.ask(np.random.default_rng(0).normal(size=(5000, 3)))
    assert answer.actions.shape == (5000, 2) and answer.version == 2 and answer.out_of_distribution.shape == (5000,)
    sampled = client.policy("team-a", task=1, acting="sampler")
    assert not np.array_equal(sampled.act([0, 0, 0], seed=1), sampled.act([0, 0, 0], seed=2))
    assert client.policy("team-a", version=1).act([0, 0, 0]).shape == (2,), "the only task need not be named"
    several = client.policy("team-a")
    assert "task must be named, as there are several: 1, 2" in str(refusal(ValueError, lambda: several.act([0, 0, 0])))
    assert "known tasks are 1, 2" in str(refusal(ValueError, lambda: several.act([0, 0, 0], task=7)))
    assert "task 2 must have 3 numbers: current shape is (1, 4)" in str(refusal(ValueError, lambda: policy.act([0] * 4)))
    assert "row 0, column 1 is nan" in str(refusal(ValueError, lambda: policy.act([0, np.nan, 0])))
    refusal(TypeError, lambda: policy.act({"x": 1}))
    failures = []

    def ask():
        try:
            for _ in range(20):
                assert np.array_equal(policy.act([0.1, 0.2, 0.3]), one)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures


def acts_without_a_gateway(client):
    folder = client.versions.save_bundle("team-a", 1, "bundle")
    refusal(FileExistsError, lambda: client.versions.save_bundle("team-a", 1, "bundle"))
    rows = np.random.default_rng(1).normal(size=(4, 3))
    remote, bundled = client.policy("team-a", version=1), BundlePolicy(folder)
    assert bundled.tasks == remote.tasks
    # The actor needs no noise, so it is the same function here and there.
    assert np.abs(remote.act(rows) - bundled.act(rows)).max() < 1e-4
    assert bundled.act(rows[0]).shape == (2,)
    sampled = BundlePolicy(folder, task=1, acting="sampler")
    assert np.array_equal(sampled.act(rows), sampled.act(rows))
    assert not np.array_equal(sampled.act(rows, seed=1), sampled.act(rows, seed=2))
    assert "known tasks are 1" in str(refusal(ValueError, lambda: BundlePolicy(folder, task=3)))
    refusal(FileNotFoundError, lambda: BundlePolicy("."))


def follows_events(client):
    """The gateway ends each stream after a moment; meanwhile it announces one event after the other."""
    with client.events("team-a", types=["cugro.task.accepted"], timeout=120) as events:
        print("listening", flush=True)
        seen = [next(events) for _ in range(12)]
    numbers = [event.data["n"] for event in seen]
    assert numbers == list(range(numbers[0], numbers[0] + 12)), numbers
    assert {event.learner for event in seen} == {"team-a"} and seen[0].place and seen[0].id
    later = next(client.events("team-a", after=seen[3].place, timeout=60))
    assert later.data["n"] == numbers[4], (later, numbers)
    refusal(TimeoutError, lambda: next(client.events("team-a", types=["cugro.version.parked"], timeout=0.5)))
    refusal(NotFound, lambda: client.events("nobody"))
    refusal(BadRequest, lambda: client.events("team-a", types=["cugro.version"]))


def has_tables(client):
    import pandas
    frame, rows = client.tables.results("team-a"), client.tables.results("team-a", pandas=False)
    assert isinstance(frame, pandas.DataFrame) and list(frame.version) == [1, 2, 2] and list(frame.task) == [1, 1, 2], frame
    assert frame.to_dict("records")[0].keys() == rows[0].keys()
    matrix = client.tables.matrix("team-a")
    assert matrix.shape == (2, 2) and list(matrix.index) == [1, 2] and list(matrix.columns) == ["task 1", "task 2"], matrix
    assert client.tables.matrix("team-a", pandas=False).shape == (2, 2)
    assert len(client.tables.jobs("team-a")) == len(client.jobs.list("team-a"))
    assert client.tables.fidelity("team-a", pandas=False) == []
    assert client.losses("team-a") == [] and client.tables.losses("team-a", pandas=False) == []
    assert client.table("team-a", "results", "csv").startswith(b"learner,seed,version,")
    assert client.table("team-a", "losses")[:4] == b"PAR1"
    arrays = columns([{"a": 1, "b": "x"}, {"a": None, "b": "y", "c": 2.5}])
    assert np.isnan(arrays["a"][1]) and arrays["b"].tolist() == ["x", "y"] and np.isnan(arrays["c"][0]), arrays
    imported = builtins.__import__

    def without_pandas(name, *rest):
        if name == "pandas":
            raise ImportError(name)
        return imported(name, *rest)

    builtins.__import__ = without_pandas
    try:
        assert client.tables.results("team-a") == rows
        assert "pip install pandas" in str(refusal(ImportError, lambda: client.tables.results("team-a", pandas=True)))
    finally:
        builtins.__import__ = imported


def does_what_a_person_does(client):
    assert client.learners.list() == ["team-a"] and client.learners.show("team-a")["head"] == 2
    assert client.token()["name"] == "admin" and client.traffic("team-a")["tasks"] is not None
    assert client.report("team-a").startswith("<!doctype html>")
    link = client.report_link("team-a")
    with urlopen(link["url"]) as page:
        assert page.read().decode().startswith("<!doctype html>") and link["expires"].endswith("Z")
    assert [version["version"] for version in client.versions.list("team-a")] == [1, 2]
    hook = client.webhooks.create("http://127.0.0.1:8099/", description="nobody listens")
    assert hook["secret"].startswith("whsec_")
    assert client.webhooks.change(hook["id"], active=False)["active"] is False
    assert [one["id"] for one in client.webhooks.list()] == [hook["id"]]
    assert client.webhooks.deliveries(hook["id"], state="dead") == []
    client.webhooks.remove(hook["id"])
    assert client.webhooks.list() == []
    assert client.versions.rollback("team-a", 1, reason="a check") == [2]
    assert client.learners.configure("team-a", {"stateSteps": 51})["revision"] == 2
    client.learners.delete("team-a")
    assert client.learners.list() == []
    assert client.learners.restore("team-a")["name"] == "team-a"


client = Client()
has_the_methods_of_the_other_client(client)
says_what_is_wrong(client)
tells_no_secret(client)
believes_nobody_without_a_secret()
hands_files_over(client)
refusal(ValueError, lambda: client.tasks.upload("team-a", "shrinking.hdf5", Shrinking()))
acts(client)
if has_onnxruntime:
    acts_without_a_gateway(client)
follows_events(client)
has_tables(client)
does_what_a_person_does(client)
print("all well")
