metadata description = 'A container for the locks of provisioner, in a storage account of its own. Microsoft Entra only: it has no usable keys.'

@description('Name of the storage account, unique in all of Azure.')
@minLength(3)
@maxLength(24)
param name string

@description('Its region.')
param location string

@description('Name of the container.')
@minLength(3)
@maxLength(63)
param containerName string

@description('Its tags.')
param tags object

// Its network is open, as a pipeline's runner may be anywhere: nothing is in it but who runs what, for those with the role.
resource storage 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: 'Standard_LRS'
  }
  properties: {
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' = {
  parent: storage
  name: 'default'
}

resource container 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' = {
  parent: blobs
  name: containerName
}

@description('Where its blobs are.')
output accountUrl string = storage.properties.primaryEndpoints.blob
