metadata description = 'Connects a project to Application Insights. The connection string is read here and leaves only into the connection.'

@description('Name of the account.')
@minLength(2)
@maxLength(64)
param accountName string

@description('Name of the project.')
@minLength(2)
@maxLength(64)
param projectName string

@description('Name of the component, in the same resource group.')
param applicationInsightsName string

resource account 'Microsoft.CognitiveServices/accounts@2025-09-01' existing = {
  name: accountName
}

resource project 'Microsoft.CognitiveServices/accounts/projects@2025-09-01' existing = {
  parent: account
  name: projectName
}

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

resource connection 'Microsoft.CognitiveServices/accounts/projects/connections@2025-09-01' = {
  parent: project
  name: 'application-insights'
  properties: {
    category: 'AppInsights'
    target: applicationInsights.id
    authType: 'ApiKey'
    credentials: {
      key: applicationInsights.properties.ConnectionString
    }
    isSharedToAll: true
    metadata: {
      ApiType: 'Azure'
      ResourceId: applicationInsights.id
    }
  }
}
