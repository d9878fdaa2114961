"""The management plane (Azure Resource Manager): one file per resource family."""
