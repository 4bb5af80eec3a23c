# What is read rather than compiled, so that a release carries it
EXTRA_DIST += README.md LICENSE docs/architecture.md docs/plugins.md docs/papers/anarchic.md
EXTRA_DIST += experiments/ad-psgd-glyphs.ini experiments/afa-glyphs.ini experiments/afa-mnist.ini experiments/afa-mnist-skew.ini \
	experiments/cnn-cifar.ini experiments/cnn-mnist.ini experiments/gossip-glyphs.ini \
	experiments/lstm-shakespeare.ini experiments/many-learners.ini experiments/relaysum-glyphs.ini \
	experiments/stragglers.ini
