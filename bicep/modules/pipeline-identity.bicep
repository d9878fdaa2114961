metadata description = 'An identity that GitHub Actions signs in as, without a secret.'

@description('Name of the identity.')
param name string

@description('Its region.')
param location string

@description('Subjects of the tokens that may act as it.')
@maxLength(20)
param githubSubjects string[]

@description('Its tags.')
param tags object

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

// One at a time: two writes on one identity at once are refused with 409.
@batchSize(1)
resource credentials 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials@2024-11-30' = [for subject in githubSubjects: {
  parent: identity
  name: 'github-${uniqueString(subject)}'
  properties: {
    issuer: 'https://token.actions.githubusercontent.com'
    subject: subject
    audiences: [
      'api://AzureADTokenExchange'
    ]
  }
}]

@description('Client id, which a workflow signs in with.')
output clientId string = identity.properties.clientId

@description('Object id, which roles are assigned to.')
output principalId string = identity.properties.principalId
