metadata description = 'A role on an account. A module, because the name of an assignment is made of a principal that exists only later.'

@description('Name of the account.')
@minLength(2)
@maxLength(64)
param accountName string

@description('Object id of who gets the role.')
param principalId string

@description('What it is. Told, so that an identity that is seconds old is not looked up too early.')
@allowed([
  'User'
  'Group'
  'ServicePrincipal'
])
param principalType string

@description('Id of the role.')
param roleId string

resource account 'Microsoft.CognitiveServices/accounts@2025-09-01' existing = {
  name: accountName
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account.id, principalId, roleId)
  scope: account
  properties: {
    principalId: principalId
    principalType: principalType
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleId)
  }
}
