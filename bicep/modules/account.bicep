metadata description = 'An account of Azure AI Services that can have projects. Microsoft Entra only: it has no usable keys.'

@description('Name of the account.')
@minLength(2)
@maxLength(64)
param name string

@description('Its region.')
param location string

@description('Host of its endpoint.')
@minLength(2)
@maxLength(64)
param customSubDomainName string

@description('Whether it can be reached from outside private networks.')
@allowed([
  'Enabled'
  'Disabled'
])
param publicNetworkAccess string

@description('Addresses and CIDR ranges that may reach it.')
param allowedIpRanges string[]

@description('Ids of subnets that may reach it.')
param allowedSubnetIds string[]

@description('Bring back a deleted account of this name.')
param restoreDeletedAccount bool

@description('Its tags.')
param tags object

resource account 'Microsoft.CognitiveServices/accounts@2025-09-01' = {
  name: name
  location: location
  tags: tags
  kind: 'AIServices'
  sku: {
    name: 'S0'
  }
  identity: {
    type: 'SystemAssigned'
  }
  properties: {
    allowProjectManagement: true
    customSubDomainName: customSubDomainName
    disableLocalAuth: true
    publicNetworkAccess: publicNetworkAccess
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: empty(allowedIpRanges) && empty(allowedSubnetIds) ? 'Allow' : 'Deny'
      ipRules: [for ipRange in allowedIpRanges: {
        value: ipRange
      }]
      virtualNetworkRules: [for subnetId in allowedSubnetIds: {
        id: subnetId
      }]
    }
    restore: restoreDeletedAccount
  }
}

@description('Its name, known when the account is there.')
output name string = account.name
