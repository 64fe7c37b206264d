"""Sends the files of a folder over OTLP with OpenTelemetry's exporter, one log record a line, in the order
of their names, and files that come later, until it is killed.

Usage: send_files.py HOST:PORT POSITION FOLDER

A batch counts as sent when the exporter says so; how many lines were is kept in POSITION, so that a killed
sender goes on where it may have been: the last batch is sent again.
"""

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


def lines_from(folder, skipped):
    """The lines of the folder without so many of the first; None when there is none now."""
    read = set()
    while True:
        for name in sorted(set(os.listdir(folder)) - read):
            read.add(name)
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                for line in file:
                    if skipped > 0:
                        skipped -= 1
                    else:
                        yield line.rstrip("\n")
        yield None
        time.sleep(0.1)


def exportable(line):
    record = LogRecord(body=line, timestamp=0, observed_timestamp=1)
    resource = Resource({"service.name": "send_files"})
    scope = InstrumentationScope("send_files")
    if hasattr(sdk, "ReadableLogRecord"):
        return sdk.ReadableLogRecord(record, resource=resource, instrumentation_scope=scope)
    return sdk.LogData(record, scope)


def main(address, position_path, folder):
    exporter = OTLPLogExporter(
        endpoint=address, insecure=True, compression=Compression.Gzip, timeout=10
    )
    sent = 0
    if os.path.exists(position_path):
        with open(position_path, encoding="ascii") as file:
            sent = int(file.read())
    batch = []
    for line in lines_from(folder, sent):
        if line is not None:
            batch.append(line)
        if not batch or (line is not None and len(batch) < BATCH_LINES):
            continue
        records = [exportable(text) for text in batch]
        while exporter.export(records).name != "SUCCESS":
            time.sleep(0.1)
        sent += len(batch)
        batch = []
        with open(position_path + ".new", "w", encoding="ascii") as file:
            file.write(str(sent))
        os.replace(position_path + ".new", position_path)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3])
