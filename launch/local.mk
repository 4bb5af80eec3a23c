include launch/output.mk
