"""One thin client per plane: documents in, documents out, and every failure told in the service's own words.

*Management* is Azure Resource Manager, through Microsoft's SDK: its pollers know the long-running operations.
*Project* is the `ai.azure.com` endpoint, through one httpx client: a reconciler diffs documents, and importing the
project SDK costs more than the rest of a plan.

Nothing here knows what a store or an agent is; that is the kinds' business.
"""
