"""Looking and deciding: the runbook contract, the look-ups it may make, the snapshots they return, and the engine."""
