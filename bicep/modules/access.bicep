metadata description = 'What somebody needs who provisions: both planes of an account and of its projects, and no right to assign roles.'

import { cognitiveServicesContributor, foundryUser } from 'roles.bicep'

@description('Name of the account.')
@minLength(2)
@maxLength(64)
param accountName string

@description('Names of the projects.')
param projectNames string[]

@description('Object id of who gets the roles.')
param principalId string

@description('What it is.')
@allowed([
  'User'
  'Group'
  'ServicePrincipal'
])
param principalType string

resource account 'Microsoft.CognitiveServices/accounts@2025-09-01' existing = {
  name: accountName
}

resource projects 'Microsoft.CognitiveServices/accounts/projects@2025-09-01' existing = [for projectName in projectNames: {
  parent: account
  name: projectName
}]

module managementPlane 'account-role.bicep' = {
  params: {
    accountName: accountName
    principalId: principalId
    principalType: principalType
    roleId: cognitiveServicesContributor
  }
}

resource projectPlane 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for i in range(0, length(projectNames)): {
  name: guid(projects[i].id, principalId, foundryUser)
  scope: projects[i]
  properties: {
    principalId: principalId
    principalType: principalType
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', foundryUser)
  }
}]
