"""One copy of what is asked for, as Gymnasium registers it once the packages that the operator named are imported."""

import importlib
import re
import sys
from importlib import metadata

ID = re.compile(r"([\w:-]+/)?([\w:.-]+?)(-v\d+)?", re.ASCII)


class Told(Exception):
    """A fault of the request or of this installation, told by its code."""

    def __init__(self, code, message, package=None):
        super().__init__(message)
        self.code, self.package = code, package


def import_packages(names):
    versions = {"python": sys.version.split()[0]}
    for name in names:
        try:
            module = importlib.import_module(name)
        except ImportError as error:
            raise Told("package", f"the package {name} cannot be imported ({error})", name) from error
        versions[name] = version_of(module)
    return versions


def version_of(module):
    """As the module says it, or else as it was installed under its own name."""
    try:
        return str(getattr(module, "__version__", None) or metadata.version(module.__name__))
    except metadata.PackageNotFoundError:
        return "?"


def others_of(name):
    """What is there under the same name in other versions, newest first: data is often older than what is installed."""
    import gymnasium

    base = gymnasium.envs.registration.parse_env_id(name)[:2] if ID.fullmatch(name) else None
    specs = [one for one in gymnasium.registry.values() if (one.namespace, one.name) == base and one.id != name]
    ids = [one.id for one in sorted(specs, key=lambda one: -(one.version or 0))]
    return f"; there is also {', '.join(ids[:4])}" if ids else ""


def make_one(told):
    import gymnasium

    wanted, trusted = told["id"], told["trusted"]
    module, _, name = wanted.rpartition(":")
    if module and not trusted:
        raise Told("refused", "it names a module to import")
    if not module and name not in gymnasium.registry:
        about = f"the packages {', '.join(told['packages'])} register no such environment"
        raise Told("unregistered", about + others_of(name))
    spec = None if module else gymnasium.registry[name]
    own = spec.max_episode_steps if spec else None
    limit = told["maxEpisodeSteps"] or own or told["horizon"]
    try:
        env = gymnasium.make(wanted, max_episode_steps=limit, disable_env_checker=True, **told["kwargs"])
    except (ImportError, gymnasium.error.DependencyNotInstalled) as error:
        raise Told("package", f"it lacks a package ({error})" + others_of(name)) from error
    for wrapper in told["wrappers"]:
        env = wrap(env, wrapper)
    return env, limit


def wrap(env, wrapper):
    from gymnasium import wrappers

    known = getattr(wrappers, wrapper["name"], None)
    if known is None:
        raise Told("package", f"this Gymnasium has no wrapper {wrapper['name']}")
    return known(env, **wrapper["kwargs"])
