"""Fictitious play on a symmetric zero-sum matrix game by OpenSpiel: openspiel_peer.py FOLDER SEED

A round is as many iterations as one of Kith's, and what stands for a loss is exploitability. OpenSpiel's fictitious
play is for extensive games, of which this is one with two moves, the second made without knowledge of the first.
"""
import numpy as np
import pyspiel
from open_spiel.python.algorithms import exploitability, fictitious_play

import common


def main():
    work, _, _ = common.arguments()
    payoff = np.loadtxt(f"{work.folder}/payoffs.txt")
    game = pyspiel.convert_to_turn_based(pyspiel.create_matrix_game(payoff.tolist(), (-payoff).tolist()))
    solver = fictitious_play.XFPSolver(game)
    common.say_eval(0, payoff.mean(1).max(), 0)
    for done in range(1, work.rounds + 1):
        for _ in range(work.steps):
            solver.iteration()
        if done % work.every == 0:
            common.say_eval(done, exploitability.exploitability(game, solver.average_policy()), 0)
        common.say_round(done)


if __name__ == "__main__":
    main()
