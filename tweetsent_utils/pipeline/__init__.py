"""The machinery that runs the notebooks: command line, parameters, run folders."""
