"""A state machine over the public HTTP API: random calls of several users, each compared with a model of lists."""
