metadata description = 'Built-in roles by id: names of roles change, ids do not.'

// Source: https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/ai-machine-learning

@description('Foundry User (Azure AI User until May 2026): every data action of an account, no right to change it.')
@export()
var foundryUser = '53ca6127-db72-4b80-b1b0-d745d6d5456d'

// Narrower than Foundry Account Owner and Contributor: it assigns no roles and reaches no other resource provider.
@description('Cognitive Services Contributor: deployments, connections and content filters of an account, no data action.')
@export()
var cognitiveServicesContributor = '25fbc0a9-bd7c-42a3-aa1a-3b75d497ee68'

// Source: https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/storage
@description('Storage Blob Data Contributor: leases and contents of blobs, no right to change the account.')
@export()
var storageBlobDataContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
