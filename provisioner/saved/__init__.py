"""Plans that travel: read back from their JSON, shown again, and held against what is live before they are applied.

Pure: texts and values in, values out. What is written in a plan is made by `render.plan_json`.
"""
