"""What people read: receipts, open rows, conflict files, scorecard pages, the catalogue's site, Data Docs."""
