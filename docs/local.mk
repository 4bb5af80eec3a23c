# What is read rather than compiled, so that a release carries it
EXTRA_DIST += README.md LICENSE docs/architecture.md docs/plugins.md docs/papers/anarchic.md docs/papers/cross-play.md
EXTRA_DIST += experiments/ad-psgd-glyphs.ini experiments/afa-glyphs.ini experiments/afa-mnist.ini experiments/afa-mnist-skew.ini \
	experiments/cnn-cifar.ini experiments/cnn-mnist.ini experiments/gossip-glyphs.ini \
	experiments/lstm-shakespeare.ini experiments/many-learners.ini experiments/matrix-games \
	experiments/matrix-sad.ini experiments/matrix-team-rps.ini experiments/matrix-team-trap.ini experiments/relaysum-glyphs.ini \
	experiments/stragglers.ini
