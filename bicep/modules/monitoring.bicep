metadata description = 'Log Analytics, and Application Insights that keeps its traces there.'

@description('Name of the workspace.')
@minLength(4)
@maxLength(63)
param workspaceName string

@description('Name of the component.')
param applicationInsightsName string

@description('Their region.')
param location string

@description('Days that logs and traces are kept.')
@minValue(30)
@maxValue(730)
param retentionDays int

@description('Most gigabytes a day. -1: no limit.')
@minValue(-1)
param dailyQuotaGb int

@description('Their tags.')
param tags object

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' = {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    retentionInDays: retentionDays
    workspaceCapping: {
      dailyQuotaGb: dailyQuotaGb
    }
  }
}

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' = {
  name: applicationInsightsName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
  }
}
