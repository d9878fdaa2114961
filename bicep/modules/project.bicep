metadata description = 'A project of an account that exists, and the role without which its memories are never made.'

import { foundryUser } from 'roles.bicep'

@description('Name of the account.')
@minLength(2)
@maxLength(64)
param accountName string

@description('Name of the project.')
@minLength(2)
@maxLength(64)
param name string

@description('Region of the account.')
param location string

@description('Shown in the portal.')
param displayName string

@description('Shown in the portal.')
param projectDescription string?

@description('Its tags.')
param tags object

resource account 'Microsoft.CognitiveServices/accounts@2025-09-01' existing = {
  name: accountName
}

resource project 'Microsoft.CognitiveServices/accounts/projects@2025-09-01' = {
  parent: account
  name: name
  location: location
  tags: tags
  identity: {
    type: 'SystemAssigned'
  }
  properties: {
    displayName: displayName
    description: projectDescription
  }
}

// The service calls the account's models as the project. Without this, stores are made and each update fails with 401.
module modelsAccess 'account-role.bicep' = {
  params: {
    accountName: accountName
    principalId: project.identity.principalId
    principalType: 'ServicePrincipal'
    roleId: foundryUser
  }
}

@description('Endpoint of the project.')
output endpoint string = project.properties.endpoints['AI Foundry API']

@description('Object id of its identity.')
output principalId string = project.identity.principalId
