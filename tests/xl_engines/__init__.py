"""Spreadsheet programs that stand in for Excel, each registered with xlwings (`contract` says how)."""
