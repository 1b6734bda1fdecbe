# SPDX-License-Identifier: ISC
"""What a trace says of the attacker's connection and of the verdict."""

import json
import subprocess


def read(bh, path):
    """The records of `bh run --trace`, in order."""
    lines = subprocess.run([bh, "trace", "--json", path], check=True,
                           stdout=subprocess.PIPE).stdout.splitlines()
    return [json.loads(line) for line in lines]


def look(records, addresses):
    """A dictionary: how many bytes were sent to the client at ADDRESSES in all and
    after its last input, and how long after that the verdict was.  A record is in
    the trace once all variants agreed on it."""
    last_input = verdict = None
    connections = set()
    sent = left = 0
    for record in records:
        if record["kind"] == "verdict" and verdict is None:
            verdict = record["time_ns"]
        # Each record is there twice, the net device's view and the guest's.
        if record["domain"] == "net":
            continue
        for item in record.get("items", []):
            if item["type_name"] == "data" and item["address"] in addresses:
                connections.add(item["socket"])
                left, last_input = 0, record["time_ns"]
            elif item["type_name"] == "send" and item["socket"] in connections:
                sent += item["data_size"]
                left += item["data_size"]
    result = {"sent_in_trace": sent, "left_in_trace": left}
    if verdict and last_input:
        result["verdict_ms"] = (verdict - last_input) / 1e6
    return result
