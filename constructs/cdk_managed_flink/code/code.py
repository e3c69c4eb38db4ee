"""FlinkCode: the job that an application runs."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from aws_cdk import aws_s3 as s3

from cdk_managed_flink.application.code_location import Code


class FlinkCode:
    """A job, and how it becomes an application's code: one ``from_*`` method for each kind.

    Nothing is packaged before the code is bound to an application.
    """

    @staticmethod
    def from_sql(path: str | Path) -> Code:
        """A folder with a Flink SQL script, ``job.sql``.

        In the script ``${name}`` stands for the whole option list of a source, a sink or a property
        group, ``${name.key}`` for one value of it, and ``$${`` for ``${``. Strings and comments are
        left alone. All INSERTs run as one job.

        Args:
            path: The folder. A relative one is taken from the working directory. Of its files only
                ``*.sql`` are packaged.

        Raises:
            ValueError: There is no such folder or no ``job.sql`` in it; or the script cannot be
                read, holds a statement that is no part of a job, makes a setting that the service
                ignores, or inserts nothing.
        """
        from cdk_managed_flink.code.sql.code import SqlCode

        return SqlCode(path)

    @staticmethod
    def from_python(
        path: str | Path,
        *,
        entry: str = "main.py",
        requirements: str | Path | None = None,
        jar: str | Path | None = None,
        exclude: Sequence[str] = (),
        platform: str = "manylinux2014_x86_64",
        check_connectors: bool = True,
    ) -> Code:
        """A folder with a job in Python.

        Packaged are the folder's files, the helper ``managed_flink_job`` (``run_script``,
        ``properties``, ``table_options``, ``sql``), wheels for the service's platform and the
        runtime's Python, and one jar with the connectors of all sources and sinks.

        Args:
            path: The folder. A relative one is taken from the working directory. Modules are
                imported from it, such as ``import checks`` for ``checks.py``.
            entry: The module that is run, by its path in the folder.
            requirements: A file with ``name==version`` for each package, those that others need
                included. Default: ``requirements.txt`` of the folder, if there is one. What the
                service has already, such as apache-flink and numpy, is left out with a warning.
            jar: The job's own jar in place of the merged one: a file, or the folder of a pom.xml.
            exclude: Patterns of paths in the folder that are not packaged, such as ``tests``.
                Hidden files, caches, virtual environments, jars, ``*.egg-info``, ``node_modules``,
                ``cdk.out`` and Maven's ``target`` never are.
            platform: The newest platform tag that a wheel may have. Default: what the service's
                documentation names.
            check_connectors: Whether ``jar`` has to hold the connectors of all sources and sinks.
                Default on.

        Raises:
            ValueError: There is no such folder, entry or file, a requirement is not pinned, a
                module is no Python, or a script that it runs can be no job.
        """
        from cdk_managed_flink.code.python.code import PythonCode, ScriptedPythonCode
        from cdk_managed_flink.code.python.job import PythonJob

        listed = None if requirements is None else Path(requirements)
        job = PythonJob(Path(path), entry, listed, tuple(exclude))
        own = None if jar is None else Path(jar)
        kind = ScriptedPythonCode if job.scripts else PythonCode
        return kind(job, jar=own, platform=platform, check_connectors=check_connectors)

    @staticmethod
    def from_maven(
        path: str | Path,
        *,
        module: str | None = None,
        jar: str | None = None,
        check_connectors: bool = True,
    ) -> Code:
        """A Maven project whose jar is a job in Java or Scala.

        Built by the user's own Maven, or by Docker where there is none, from the poms and ``src``
        of all modules; tests are not run. The jar has its dependencies in it (maven-shade-plugin)
        and a main class in its manifest; what the service has is ``provided``.

        Args:
            path: The folder of the outermost pom.xml.
            module: The module that gives the jar, by its path. Default: the folder itself.
            jar: The jar's file name in ``target``. Default: the only one there.
            check_connectors: Whether the jar has to hold the connectors of all sources and sinks.
                Default on.

        Raises:
            ValueError: There is no pom.xml or no such module, or a version in a pom is a SNAPSHOT,
                a range, LATEST or RELEASE.
        """
        from cdk_managed_flink.code.java.maven_code import WHERE, MavenCode
        from cdk_managed_flink.code.java.maven_project import MavenProject

        return MavenCode(MavenProject(WHERE, Path(path), module, jar), check_connectors)

    @staticmethod
    def from_jar(path: str | Path, *, check_connectors: bool = True) -> Code:
        """A jar with a job in Java or Scala, built elsewhere; its key changes with its content.

        Where a sink writes ``json-lines``, the library's own format, that is added to it; Maven or
        Docker compiles it.

        Args:
            path: The file.
            check_connectors: Whether the jar has to hold the connectors of all sources and sinks.
                Default on.

        Raises:
            ValueError: There is no such jar.
        """
        from cdk_managed_flink.code.java.jar_code import JarCode

        return JarCode(Path(path), check_connectors)

    @staticmethod
    def from_bucket(
        bucket: s3.IBucket,
        key: str,
        object_version: str | None = None,
        *,
        run_options: Mapping[str, str] | None = None,
    ) -> Code:
        """A jar or a zip that lies in a bucket already; what is in it is not checked.

        Args:
            bucket: The bucket, with versioning.
            key: The object's key.
            object_version: The object's version, which the service needs to see that the content
                has changed. A parameter of the stack will do.
            run_options: For a job in Python: ``python``, ``jarfile``, ``pyFiles``, ``pyArchives``,
                paths in the zip. Default: none, for a jar.

        Raises:
            ValueError: The key or the version is missing, or an option that the service doesn't
                support.
        """
        from cdk_managed_flink.code.bucket_code import BucketCode

        return BucketCode(bucket, key, object_version, dict(run_options or {}))
