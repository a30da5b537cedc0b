"""What a project says in `[tool.stagelang]` of its pyproject.toml: read in one place, strictly, and with the line of each value."""

from stagelang_compiler.settings.known import SETTINGS, Rules, Setting
from stagelang_compiler.settings.places import settings_files
from stagelang_compiler.settings.reading import Problem, Settings, read_settings

__all__ = ["SETTINGS", "Problem", "Rules", "Setting", "Settings", "read_settings", "settings_files"]
