"""A Livy on your laptop: the Livy protocol on 127.0.0.1, over real PySpark processes.

For trying out and for tests only: it runs code for whoever can reach it and knows the password.

::

                                                      ┌ session ┐                    ┌ main ─ interpreter ─ spark
    HTTP request ─ server ─ guard ─ routes ─ register ┤         ├ process ═ channel ═┤      └ completion
                                    calls    places   └ batch ──┘                    └ submit ─ spark-submit
                                    bodies            (a thread for each)            (worker, a child process)

Every session and every batch is one child process (`worker`, the only part that knows PySpark) with one JVM.
`process` owns the child and everything that it starts, and leaves nothing behind.  What is served, and in which
words (`protocol`, `views`), follows Apache Livy's REST API, the source of its server and its measured answers; where
we differ, the module says so and why.

Not served: kinds spark and sparkr, batches other than Python files, jars for a session that runs, Livy's jobs of
compiled code, its pages (`/ui`, `/metrics`) and impersonation.
"""
