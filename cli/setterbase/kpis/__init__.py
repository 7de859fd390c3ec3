"""Reading the KPIs: dashboards, history, comparison, lists of leads, and their refresh."""
