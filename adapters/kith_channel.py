"""The channel between Kith and a program of its `external` plugins: lines of text on file 3, and arrays in files that
both sides map (4, 5 ...). kith_torch, kith_numpy and kith_data stand on it; docs/models.md has the protocol.
"""
import mmap
import os
import sys
import traceback

CHANNEL, FIRST_REGION = 3, 4
HERE = os.path.dirname(os.path.abspath(__file__))


class Refusal(Exception):
    """What the user is to read as it stands."""


class Shape:
    """Of one example: features; channels, height, width of images; classes; codes; targets. Zero: there are none."""

    def __init__(self, words):
        self.__dict__.update(words)


def place(why):
    """Where in the user's own file it happened: the innermost line that is of no library."""
    found = ""
    for frame in traceback.extract_tb(why.__traceback__):
        folder = os.path.dirname(os.path.abspath(frame.filename))
        if folder != HERE and not frame.filename.startswith("<") and "python" not in folder.split("/lib", 1)[-1]:
            found = f" ({os.path.basename(frame.filename)}:{frame.lineno})"
    return found


def sentence(why):
    said = str(why) if isinstance(why, Refusal) else f"{type(why).__name__}: {why}{place(why)}"
    return " ".join(said.split())


class Channel:
    """kind: model or data. `first` has what Kith says first, as numbers where they are some."""

    def __init__(self, kind):
        if "KITH_CHANNEL" not in os.environ:
            sys.exit(f"{sys.argv[0]}: Kith starts this program; name it in an experiment, with model = external and "
                     f"external.command = python3 {sys.argv[0]}, or try it by: "
                     f"kith check external --set command='python3 {sys.argv[0]}'")
        self.rest, self.region = b"", {}
        try:
            line = self.read()
        except OSError:
            sys.exit("file 3, Kith's channel, was closed on the way here; let external.command start Python itself "
                     "and not by a program that closes files")
        words = line.split()
        if words[:3] != ["kith", "1", kind]:
            sys.exit(f"Kith says '{line}', and this adapter is for {kind}; use the adapters of the same version")
        self.first = {name: int(value) if value.isdigit() else value for name, value in zip(words[3::2], words[4::2])}

    def read(self):
        """The next line; the end of the program where there is none."""
        while b"\n" not in self.rest:
            got = os.read(CHANNEL, 65536)
            if not got:
                os._exit(0)
            self.rest += got
        line, self.rest = self.rest.split(b"\n", 1)
        return line.decode()

    def write(self, line):
        data = (line + "\n").encode()
        while data:
            data = data[os.write(CHANNEL, data):]

    def map(self, number, size):
        """The region's memory, all of it."""
        self.region[number] = mmap.mmap(FIRST_REGION + number, size)
        return self.region[number]

    def attempt(self, what, *arguments):
        """What it returns; a failure goes to Kith as one sentence, to standard error in full, and ends the program."""
        try:
            return what(*arguments)
        except Exception as why:
            if not isinstance(why, Refusal):
                traceback.print_exc()
            self.write("error " + sentence(why))
            self.read()
            os._exit(1)

    def serve(self, answers):
        """Answers every line by the function of its first word, which gets the numbers after it and returns those to
        answer with. Returns never."""
        while True:
            word, *numbers = self.read().split()
            if word == "end":
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(0)
            said = self.attempt(answers[word], *map(int, numbers))
            self.write("ok" if said is None else "ok " + " ".join(map(repr, said)))
