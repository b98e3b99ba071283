"""The child process of a session (`main`) or a batch (`submit`): what runs on real PySpark.

It is started with the interpreter that has PySpark, where `jpe_magics` need not be installed: it needs Python 3.8 or
later, PySpark and the standard library, and its modules import each other only.  `jpe_magics.local.process` loads
this folder under the name `jpe_livy_worker`, so that neither `sys.path` nor the names a user may import are touched.
"""

#: The exit code of a session's worker whose JVM has ended; an unusual one, which no statement's own exit looks like.
JVM_ENDED = 226
