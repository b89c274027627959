#!/usr/bin/env python3
"""Reads uploads and answers each complete one with 200. Prints its URL when it is ready. Answers each line on its
standard input with the bytes taken so far and the number of uploads under way. Ends with its input.

usage: sink.py BYTES_PER_SECOND    (of each connection; 0: as fast as they come)
"""

import contextlib
import os
import selectors
import socket
import sys
import time

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
ROUND = 0.1  # seconds between two looks at paced connections


class Connection:
    def __init__(self, sock):
        self.sock = sock
        self.head = b""
        self.left = 0  # of the body; 0: a head is being read

    def take(self, data):
        """Whether these bytes end an upload. Clients do not begin the next one earlier."""
        if self.left == 0:
            self.head += data
            end = self.head.find(b"\r\n\r\n")
            if end < 0:
                return False
            lines = self.head[:end].lower().split(b"\r\n")
            self.left = next(int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length:"))
            data = self.head[end + 4:]
            self.head = b""
        self.left -= len(data)
        return self.left == 0


class Sink:
    def __init__(self, bytes_per_second):
        self.pause = ROUND if bytes_per_second else 0
        self.listener = socket.socket()
        if bytes_per_second:  # the kernel must not take the photo instead of the server
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(4096)
        self.listener.setblocking(False)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.listener, selectors.EVENT_READ, None)
        self.selector.register(sys.stdin, selectors.EVENT_READ, None)
        size = max(1024, int(bytes_per_second * ROUND)) if bytes_per_second else 1 << 20
        self.buffer = memoryview(bytearray(size))
        self.connections = set()
        self.taken = 0

    def read(self, connection):
        try:
            count = connection.sock.recv_into(self.buffer)
        except BlockingIOError:
            return
        except OSError:
            count = 0
        self.taken += count
        if count == 0:
            self.selector.unregister(connection.sock)
            self.connections.discard(connection)
            connection.sock.close()
        elif connection.left > count:  # nearly always: nothing to look at
            connection.left -= count
        elif connection.take(bytes(self.buffer[:count])):
            connection.sock.send(ANSWER)

    def accept(self):
        with contextlib.suppress(BlockingIOError):
            while True:
                sock, _ = self.listener.accept()
                sock.setblocking(False)
                connection = Connection(sock)
                self.connections.add(connection)
                self.selector.register(sock, selectors.EVENT_READ, connection)

    def answer(self):
        if not os.read(sys.stdin.fileno(), 4096):
            sys.exit(0)
        print(self.taken, sum(1 for connection in self.connections if connection.left > 0), flush=True)

    def serve(self):
        print("http://127.0.0.1:%d" % self.listener.getsockname()[1], flush=True)
        while True:
            for key, _ in self.selector.select():
                if key.data is not None:
                    self.read(key.data)
                elif key.fileobj is self.listener:
                    self.accept()
                else:
                    self.answer()
            if self.pause:
                time.sleep(self.pause)


if __name__ == "__main__":
    Sink(float(sys.argv[1])).serve()
