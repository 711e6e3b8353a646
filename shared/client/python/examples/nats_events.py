"""Prints events from NATS, from the oldest kept one on; continues where it stopped.

    pip install "nats-py[nkeys]"
    python nats_events.py nats://localhost:4222 --seed infra/secrets/observer.seed

Reads by place in the journal, so nothing is missed and nothing is kept on the server. A local cluster needs no seed.
"""
import argparse
import asyncio
import json
from pathlib import Path

import nats
from nats.js.errors import NotFoundError


async def read(server: str, seed: Path | None, kept: Path) -> None:
    login = {"nkeys_seed": str(seed)} if seed else {}
    connection = await nats.connect(server, inbox_prefix=b"_INBOX_observer", max_reconnect_attempts=-1, **login)
    journal, news = connection.jsm(), asyncio.Event()

    async def wake(_: object) -> None:
        news.set()

    await connection.subscribe("events.>", cb=wake)
    place = json.loads(kept.read_text()) if kept.exists() else {"stream": None, "after": 0}
    while True:
        news.clear()
        try:
            # A broker that lost its disk begins again at 1.
            stream = str((await journal.stream_info("EVENTS")).created)
            if place["stream"] != stream:
                place = {"stream": stream, "after": 0}
            # The first event behind this place; numbers of events that have expired are passed over.
            while message := await journal.get_msg("EVENTS", seq=place["after"] + 1, subject="events.>", next=True):
                event = json.loads(message.data)
                print(event["type"], event["subject"], json.dumps(event["data"]), flush=True)
                place["after"] = message.seq
                kept.write_text(json.dumps(place))
        except (NotFoundError, nats.errors.Error, asyncio.TimeoutError):
            pass
        try:
            # A look now and then, should news be lost.
            await asyncio.wait_for(news.wait(), 30)
        except asyncio.TimeoutError:
            pass


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("server", help="nats://HOST:PORT")
    parser.add_argument("--seed", type=Path, help="file with the nkey seed of the user observer")
    parser.add_argument("--place", type=Path, default=Path("observer.place"), help="where it keeps how far it has read")
    options = parser.parse_args()
    try:
        asyncio.run(read(options.server, options.seed, options.place))
    except KeyboardInterrupt:
        pass
