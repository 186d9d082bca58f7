# SPDX-License-Identifier: BSD-3-Clause
"""TCP segments that no TCP has sent, and a look at those that one has: what somebody on the
path could do. Needs CAP_NET_RAW, which COMMAND of "evtcpd -- COMMAND" has. IPv4 only."""

import socket
import struct

SERVER = "10.0.0.2"
SYN, RST = 0x02, 0x04
MSS_1460 = bytes([2, 4, 1460 >> 8, 1460 & 0xFF])
ETH_P_ALL = 3

_raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)


def _checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def send(source, port, seq, flags, options=b""):
    """Sends a segment to the server's port 80 that claims to come from source and port."""
    ends = socket.inet_aton(source) + socket.inet_aton(SERVER)
    tcp = struct.pack("!HHIIBBHHH", port, 80, seq % 2**32, 0, (20 + len(options)) // 4 << 4,
                      flags, 65535, 0, 0) + options
    check = _checksum(ends + struct.pack("!HH", socket.IPPROTO_TCP, len(tcp)) + tcp)
    tcp = tcp[:16] + struct.pack("!H", check) + tcp[18:]
    # The kernel fills in length, identification and checksum.
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 0, 0, 0, 64, socket.IPPROTO_TCP, 0) + ends
    _raw.sendto(ip + tcp, (SERVER, 0))


class Watch:
    """Sees what passes the server's interface, from when it was made."""

    def __init__(self, interface="tun0"):
        self._sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
        self._sock.bind((interface, 0))
        self._sock.setblocking(False)
        self._seen = []

    def _read(self):
        try:
            while True:
                self._seen.append(self._sock.recv(65536))
        except BlockingIOError:
            pass

    def numbers(self, port):
        """The sequence numbers of what port has sent: the first, and the next."""
        first = after = None
        self._read()
        for packet in self._seen:
            tcp = packet[(packet[0] & 15) * 4:]
            if packet[0] >> 4 != 4 or packet[9] != socket.IPPROTO_TCP or \
                    struct.unpack("!H", tcp[:2])[0] != port or tcp[13] & RST:
                continue
            length = len(tcp) - (tcp[12] >> 4) * 4 + bool(tcp[13] & SYN)
            seq = struct.unpack("!I", tcp[4:8])[0]
            first = seq if first is None else first
            if after is None or 0 < (seq + length - after) % 2**32 < 2**31:
                after = (seq + length) % 2**32
        return first, after
