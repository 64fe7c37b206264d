"""Sends files over OTLP with OpenTelemetry's exporter, one log record a line, in their order.

Usage: send_files.py HOST:PORT POSITION FILE...

A batch counts as sent when the exporter says so; how many were is kept in POSITION, so that a killed
sender goes on where it may have been: the last batch is sent again.
"""

import gzip
import itertools
import os
import sys
import time

from grpc import Compression
from opentelemetry._logs import LogRecord
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
from opentelemetry.sdk import _logs as sdk
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

BATCH_LINES = 40


def lines_of(path):
    opened = gzip.open if path.endswith(".gz") else open
    with opened(path, "rt", encoding="utf-8") as file:
        for line in file:
            if line.strip():
                yield line.rstrip("\n")


def exportable(line):
    record = LogRecord(body=line, timestamp=0, observed_timestamp=1)
    resource = Resource({"service.name": "send_files"})
    scope = InstrumentationScope("send_files")
    if hasattr(sdk, "ReadableLogRecord"):
        return sdk.ReadableLogRecord(record, resource=resource, instrumentation_scope=scope)
    return sdk.LogData(record, scope)


def main(address, position_path, paths):
    exporter = OTLPLogExporter(
        endpoint=address, insecure=True, compression=Compression.Gzip, timeout=10
    )
    sent = 0
    if os.path.exists(position_path):
        with open(position_path, encoding="ascii") as file:
            sent = int(file.read())
    lines = itertools.chain.from_iterable(lines_of(path) for path in paths)
    for number in itertools.count():
        batch = list(itertools.islice(lines, BATCH_LINES))
        if not batch:
            break
        if number < sent:
            continue
        records = [exportable(line) for line in batch]
        while exporter.export(records).name != "SUCCESS":
            time.sleep(0.1)
        with open(position_path + ".new", "w", encoding="ascii") as file:
            file.write(str(number + 1))
        os.replace(position_path + ".new", position_path)
    exporter.shutdown()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
