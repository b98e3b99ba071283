"""A Livy on your laptop: the Livy protocol on 127.0.0.1, over real PySpark processes.

For trying out and for tests only: it runs code for whoever can reach it and knows the password.

::

    HTTP request ─ server ─ guard ─ routes ─ sessions ─ session ─ process ═ channel ═ worker (a child process)
                                              protocol  statement                     main ─ interpreter ─ spark

Every session is one child process (`worker`, the only part that imports PySpark) with one JVM.  `process` owns the
child and everything that it starts, and leaves nothing behind.  What is served, and in which words, follows Apache
Livy's REST API and the source of its server; where we differ, the module says so and why.
"""
