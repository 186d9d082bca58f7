# SPDX-License-Identifier: BSD-3-Clause
"""A client of the kernel's TCP that does one thing after another, for demos that need more
control over its socket than curl gives."""

import socket

SERVER = "10.0.0.2"


def connect(**options):
    """A connection to the server. Options are those of TCP that are to be set before, by name:
    connect(TCP_NODELAY=1); receive_buffer and port are the socket's own."""
    sock = socket.socket()
    if "receive_buffer" in options:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, options.pop("receive_buffer"))
    if "port" in options:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("", options.pop("port")))
    for name, value in options.items():
        sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    sock.connect((SERVER, 80))
    return sock


def request(path="/", *fields, method="GET"):
    """A request as bytes."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {SERVER}", *fields, "", ""]
    return "\r\n".join(lines).encode()


def read_reply(sock):
    """The body of a reply that has a Content-Length; the connection stays."""
    head, body = b"", b""
    while b"\r\n\r\n" not in head:
        data = sock.recv(65536)
        if not data:
            raise EOFError("the server has closed before its reply was whole")
        head += data
    head, body = head.split(b"\r\n\r\n", 1)
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    while len(body) < length:
        data = sock.recv(65536)
        if not data:
            raise EOFError("the server has closed before its reply was whole")
        body += data
    return body.decode()


def read_to_end(sock):
    """The body of a reply that ends with the connection."""
    data = b""
    while chunk := sock.recv(65536):
        data += chunk
    return data.split(b"\r\n\r\n", 1)[1].decode()
