"""Prints the scalars of a TensorBoard event file, "tag,step,value" a line, by a reader of its own: no package is
needed, and nothing of the program that wrote the file. Ends with an error where a length, a checksum or a field is
wrong."""
import struct
import sys

TABLE = []
for byte in range(256):
    for _ in range(8):
        byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
    TABLE.append(byte)


def checksum(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 0x80:
            return value, at


def fields(data):
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        kind = key & 7
        if kind == 0:
            value, at = varint(data, at)
        else:
            size = {1: 8, 5: 4}.get(kind)
            if kind == 2:
                size, at = varint(data, at)
            value, at = data[at:at + size], at + size
            assert len(value) == size, "a field ends behind its message"
        yield key >> 3, value


def records(data):
    at = 0
    while at < len(data):
        size = struct.unpack_from("<Q", data, at)[0]
        assert struct.unpack_from("<I", data, at + 8)[0] == checksum(data[at:at + 8]), "checksum of a length"
        record = data[at + 12:at + 12 + size]
        assert struct.unpack_from("<I", data, at + 12 + size)[0] == checksum(record), "checksum of a record"
        yield record
        at += size + 16


first = True
for record in records(open(sys.argv[1], "rb").read()):
    event = dict(fields(record))
    if first:
        assert event[3] == b"brain.Event:2", "no version"
    first = False
    for _, value in fields(event.get(5, b"")):
        scalar = dict(fields(value))
        if 2 in scalar:
            print("%s,%d,%.9g" % (scalar[1].decode(), event.get(2, 0), struct.unpack("<f", scalar[2])[0]))
