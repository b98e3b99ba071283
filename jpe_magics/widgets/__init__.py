"""What front ends show: the panel, the history and results, with core ipywidgets only.

Views draw states of `jpe_magics.panel` and call its actions; they read no file and ask no server.  ipywidgets is
imported with the first of these modules, which is when the first view is shown.
"""
