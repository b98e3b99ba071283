"""What the panel does, without any widget: a state, the actions that change it, and the work behind them.

`Panel` runs everything that takes time on threads of its own and tells its listener every new `PanelState`;
`jpe_magics.widgets` draws states and calls actions, and knows nothing else.
"""
