"""What the page says that no figure tells."""

BEFORE = """# Performance

Written by `make bench`; do not edit. The words are in `benchmarks/prose.py`, every round's figure in
`benchmarks/results.json`.

Ratios of contenders that took turns in one run, against one server in another process. A ratio is taken within each
round; the median and the quartiles are those of all rounds. Targets are what this project wants to hold, and a missed
one stays in the table.
"""

AFTER = """## How to run it

```console
make bench
```

takes about eight minutes on two cores. On a busy machine the figures are worth little, and the ratios somewhat more.
`python -m benchmarks --only decode stream` measures some workloads, `--rounds 9` more rounds; `--into somewhere` leaves
this page as it is. `--quick` only shows that everything runs.

## How it is measured

* Every contender works in a process of its own, that imports what its users would import. Contenders take turns, in
  the reverse order every other round; in each figure, connections are opened and a few answers compared id by id
  before the clock starts.
* The server does as little as it can: an account, or a page of transactions as Stripe prints it (50 kB for a hundred),
  uncompressed, over plain HTTP on loopback. TLS costs all clients the same, and is left out.
* The official SDK is used through its public async methods; a page is decoded by its `StripeClient.deserialize`. Its
  HTTP clients have the settings that it gives them. The raw clients keep as many connections as they may open.
* msgspec structs drop every field that they do not know. This SDK's models keep the bytes they came in.
* The generator's stock output has no pagination: the loop is the benchmark's.
* Imports and starts are those of a service: trio, click and rich are hidden from everybody, which httpx and httpcore
  load if they are there, as they are here for the tests. Everybody's modules are compiled before the first round.
* "Start to first answer" makes everybody load the certificates for https, as in production, though the server speaks
  http: this SDK would not do it otherwise.
"""

LIMITS = {
    "decode": (
        "Two thirds of our time are msgspec's. It reads a page twice: once for the bytes of each item, which "
        "`to_dict()` needs, and once for the values."
    ),
    "retrieve": (
        "Encoding, policy and decoding are some 30 µs of a call. The rest is httpx, httpcore, h11 and anyio, or "
        "aiohttp with its transport, and the sockets. The decision on what a call does not do has the parts."
    ),
    "at_once": (
        "Over aiohttp, client and server keep two cores busy all the time, and the ratio moves with whatever else "
        "runs: 1.9, 2.4 and 2.5 in three runs. The transport from httpx to aiohttp takes nine tenths of such a call."
    ),
    "thousand": "httpx's pool looks at every connection and every waiting request on each call.",
    "kept": "Our items keep the JSON that they came in, about 480 bytes each: `to_dict()` has every field from there.",
    "burning": (
        "The first page has to come before anything can be consumed, and the last is consumed when nothing is left to "
        "fetch. These two ends overlap with nothing, and are not in the bound."
    ),
    "waiting": "As above; and the bound is measured, for 5 ms of sleep take longer than 5 ms.",
    "fan_out": "Ten pages of an account come one after the other: 0.8 s, whoever asks.",
    "first": (
        "Plain httpx with `json.loads` is the floor under everything that is built on httpx: asyncio, httpx and the "
        "certificates are loaded by all of them. attrs, msgspec, and the classes that they make of the models come on "
        "top; reading the certificates beside the imports takes a part of that back."
    ),
    "size": "With the contract that the sandbox reads, and with compiled files.",
}
