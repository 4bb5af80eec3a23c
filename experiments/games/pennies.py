#!/usr/bin/env python3
"""Matching pennies, ten times an episode, for `game = external`: the smallest program that speaks the protocol.

Team 0 wins a round where both pennies show the same side. Each team sees the last two sides, its own first."""
import sys

ROUNDS = 10
played, shown = {}, {}


def views(copy):
    mine, theirs = shown[copy]
    return f"{mine} {theirs} {theirs} {mine}"


for line in sys.stdin:
    words = line.split()
    if words[0] == "hello":
        print("game 1 2 2", ROUNDS, 1)  # players of a team, actions, numbers seen, steps, discount
    elif words[0] == "reset":
        copy = words[1]  # words[2] is the seed of this episode; nothing is random here
        played[copy], shown[copy] = 0, (0, 0)
        print("at", copy, views(copy))
    elif words[0] == "step":
        copy, a, b = words[1], int(words[2]), int(words[3])
        played[copy] += 1
        shown[copy] = (2 * a - 1, 2 * b - 1)
        reward = 1 if a == b else -1
        over = played[copy] == ROUNDS
        print("to", copy, reward, int(over), int(reward < 0) if over else -1, views(copy))
    elif words[0] == "bye":
        break
    sys.stdout.flush()
