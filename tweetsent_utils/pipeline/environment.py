"""What an honest figure names: versions, hardware, and the commit of the code."""

import importlib.metadata
import platform
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psutil

from tweetsent_utils.paths import PROJECT_ROOT

PACKAGES = ("torch", "transformers", "tokenizers", "pandas", "scikit-learn", "numpy")


def describe_environment() -> dict[str, Any]:
    """Return versions, hardware and the code's commit; no name or path of the machine."""
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": processor_name(),
        "cores": psutil.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "packages": package_versions(PACKAGES),
        "git_commit": git_commit(),
    }


def package_versions(names: Iterable[str]) -> dict[str, str]:
    """Return the versions of installed packages by their names."""
    return {name: importlib.metadata.version(name) for name in names}


def processor_name() -> str:
    """Return the processor's name, as the system gives it."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        name = re.search(r"model name\s*:\s*(.+)", cpuinfo.read_text(encoding="utf-8"))
        if name:
            return name[1]
    return platform.processor()


def git_commit() -> str | None:
    """Return the commit of the code, marked `-dirty` after changes; None without git."""
    command = ["git", "-C", str(PROJECT_ROOT), "describe", "--always", "--dirty"]
    try:
        found = subprocess.run(command, capture_output=True, encoding="utf-8").stdout.strip()
    except OSError:  # a downloaded folder needs no git
        return None
    return found or None
