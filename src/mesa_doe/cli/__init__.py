"""The command line: ``mesa-doe COMMAND``, a module a command.

A command is a function that adds its parser to those of the others, and sets ``run`` to the function of
the parsed arguments that returns the exit code. What is slow to import is imported there, by the command
that needs it.
"""
