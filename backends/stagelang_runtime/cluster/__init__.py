"""Carries out a plan on a cluster: this machine's run decides, the cluster's workers only carry out what they are told to."""
