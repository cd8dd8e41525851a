"""The project's chores: `nox -s tests`, `nox -s lint`, `nox -l` for the others."""

from __future__ import annotations

from itertools import chain

import nox

nox.needs_version = ">=2025.5.1"
nox.options.sessions = ["tests", "lint", "types"]

PYPROJECT = nox.project.load_toml("pyproject.toml")
SUPPORTED_PYTHONS = nox.project.python_versions(PYPROJECT)
EXTRAS = ".[aiohttp,cli,cloud,images,numpy,parquet,redis,sandbox,sandbox-cv,sandbox-video,uvloop,yaml]"
# Newer ones bring gigabytes for graphics cards along.
TORCH = "torch==2.13.0"


def _install(session: nox.Session, *groups: str) -> None:
    session.install("-e", EXTRAS, *nox.project.dependency_groups(PYPROJECT, *groups))


def _run_tests(session: nox.Session) -> None:
    _install(session, "test")
    session.run("coverage", "erase")
    session.run("coverage", "run", "-m", "pytest", *session.posargs)
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report")


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests with the Python that runs nox."""
    _run_tests(session)


@nox.session(python=SUPPORTED_PYTHONS, default=False)
def versions(session: nox.Session) -> None:
    """Run the tests with every supported Python that is installed."""
    _run_tests(session)


@nox.session(default=False)
def lowest(session: nox.Session) -> None:
    """Run the tests with the oldest releases that `pyproject.toml` allows."""
    project = PYPROJECT["project"]
    extras = [
        requirements for extra, requirements in project["optional-dependencies"].items() if extra != "sandbox-diffusion"
    ]
    allowed = [*project["dependencies"], *chain(*extras)]
    oldest = {requirement.split(",")[0].replace(">=", "==") for requirement in allowed}
    _install(session, "test")
    session.install(*sorted(oldest))
    session.run("pytest", *session.posargs)


@nox.session(default=False)
def diffusion(session: nox.Session) -> None:
    """Run the tests of the engine that paints with a diffusion pipeline, which need PyTorch."""
    session.install(TORCH)
    session.install("-e", f"{EXTRAS[:-1]},sandbox-diffusion]", *nox.project.dependency_groups(PYPROJECT, "test"))
    session.run("pytest", "tests/diffusion", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, the generated facade and the declared dependencies."""
    _install(session, "lint")
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("python", "-m", "imagine_async.codegen", "--check")
    session.run("deptry", "imagine_async")


@nox.session
def types(session: nox.Session) -> None:
    """Check the types with two checkers."""
    _install(session, "lint", "test")
    session.run("mypy")
    session.run("pyright")


@nox.session(default=False)
def sync(session: nox.Session) -> None:
    """Write the sync facade anew from the async client."""
    _install(session)
    session.run("python", "-m", "imagine_async.codegen")


@nox.session(default=False)
def demo(session: nox.Session) -> None:
    """Install the package as a user would, and run the demo."""
    session.install(".[cli,sandbox]")
    session.run("imagine", "demo", "--out", session.create_tmp())


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Measure; pass `-- --check` to fail where a target is missed."""
    _install(session, "test")
    session.run("python", "-m", "benchmarks", *session.posargs)
