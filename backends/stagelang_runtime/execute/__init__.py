"""The one executor: carries out node N of plan P against store T, alone or as part of a run.

This package imports nothing heavy: workers load the data libraries, the runner never does.
"""
