"""Designs of pyDOE3, or of its successor pydoe where that is installed; a module a kind."""
