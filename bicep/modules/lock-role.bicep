metadata description = 'The right to take locks in a container. A module, because the name of an assignment is made of a principal that exists only later.'

import { storageBlobDataContributor } from 'roles.bicep'

@description('Name of the storage account.')
@minLength(3)
@maxLength(24)
param storageName string

@description('Name of the container.')
@minLength(3)
@maxLength(63)
param containerName string

@description('Object id of who gets it.')
param principalId string

@description('What it is. Told, so that an identity that is seconds old is not looked up too early.')
@allowed([
  'User'
  'Group'
  'ServicePrincipal'
])
param principalType string

resource storage 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: storageName
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' existing = {
  parent: storage
  name: 'default'
}

resource container 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' existing = {
  parent: blobs
  name: containerName
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(container.id, principalId, storageBlobDataContributor)
  scope: container
  properties: {
    principalId: principalId
    principalType: principalType
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', storageBlobDataContributor)
  }
}
