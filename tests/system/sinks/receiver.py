"""A webhook receiver that notes what it takes, and is not always well.

Usage: receiver.py PORT FOLDER SEED

It writes each alert taken, as it came, as a line of FOLDER/taken.ndjson. Of the requests, by a dice: some are
answered with 503, some are taken and the connection then ends without an answer. Bodies with a text that
FOLDER/refuse has are answered with 400. A request whose signature is wrong is answered with 401 and
noted in FOLDER/unsigned. The key is in FOLDER/secret. Only the standard library.
"""

import hashlib
import hmac
import http.server
import os
import random
import sys
import threading

lock = threading.Lock()


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    folder = ""
    secret = b""
    dice = random.Random()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with lock:
            self.handle_body(body)

    def handle_body(self, body):
        if not self.is_signed(body):
            with open(os.path.join(self.folder, "unsigned"), "ab") as file:
                file.write(body)
            return self.answer(401)
        throw = self.dice.random()
        if throw < 0.08:
            return self.answer(503)
        if self.refused(body):
            return self.answer(400, b"not this one")
        with open(os.path.join(self.folder, "taken.ndjson"), "ab") as file:
            file.write(body if body.endswith(b"\n") else body + b"\n")
        if throw < 0.16:
            self.close_connection = True
            return None
        return self.answer(200)

    def is_signed(self, body):
        parts = dict(part.split("=", 1) for part in self.headers["Weir-Signature"].split(","))
        wanted = hmac.new(self.secret, parts["t"].encode() + b"." + body, hashlib.sha256).hexdigest()
        return hmac.compare_digest(wanted, parts["v1"])

    def refused(self, body):
        try:
            with open(os.path.join(self.folder, "refuse"), "rb") as file:
                return file.read().strip() in body
        except FileNotFoundError:
            return False

    def answer(self, code, text=b""):
        self.send_response(code)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *arguments):
        pass


def main(port, folder, seed):
    with open(os.path.join(folder, "secret"), "rb") as file:
        Receiver.secret = file.read().strip()
    Receiver.folder = folder
    Receiver.dice = random.Random(seed)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), Receiver)
    print("listening", flush=True)
    server.serve_forever()


main(*sys.argv[1:4])
