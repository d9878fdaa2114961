metadata description = 'An account and its projects for Microsoft Foundry, with the identities and roles that provisioning needs.'

targetScope = 'resourceGroup'

@description('One project of the account.')
type projectSettings = {
  @description('Last part of the endpoint: letters, digits, dots, dashes and underscores.')
  @minLength(2)
  @maxLength(64)
  name: string

  @description('Shown in the portal. Left out, it is the name.')
  displayName: string?

  @description('Shown in the portal.')
  description: string?
}

@description('What this environment is called: part of names, and a tag.')
@minLength(2)
@maxLength(12)
param environmentName string

@description('Region of everything here. Memory is not offered in every region; the README says where.')
param location string = resourceGroup().location

@description('Name of the account. Like all defaults for names it stays the same in one resource group.')
@minLength(2)
@maxLength(64)
param accountName string = 'foundry-${environmentName}-${uniqueString(resourceGroup().id)}'

@description('Host of the endpoint: letters, digits and dashes, unique in all of Azure, and for good. Keep it the name of the account, by which provisioner finds that.')
@minLength(2)
@maxLength(64)
param customSubDomainName string = toLower(accountName)

@description('The projects, each with an identity of its own. Outputs tell them in this order.')
@minLength(1)
param projects projectSettings[] = [
  {
    name: 'agents'
  }
]

@description('Disabled: only private endpoints, which are made elsewhere, lead to the account.')
@allowed([
  'Enabled'
  'Disabled'
])
param publicNetworkAccess string = 'Enabled'

@description('Addresses and CIDR ranges that may reach the account. With any here or among the subnets, all others may not.')
param allowedIpRanges string[] = []

@description('Ids of subnets, with the service endpoint Microsoft.CognitiveServices, that may reach the account.')
param allowedSubnetIds string[] = []

@description('Bring back a deleted account of this name, which can be done for 48 hours. Fails where there is none.')
param restoreDeletedAccount bool = false

@description('Subjects of GitHub Actions tokens that may act as the pipeline, exactly as GitHub writes them: repo:OWNER/NAME:environment:prod. With any, an identity is made for it.')
@maxLength(20)
param githubSubjects string[] = []

@description('Object id of somebody else who provisions, with the same roles as the pipeline: a developer, a group, or an identity that exists.')
@maxLength(36)
param principalId string = ''

@description('What principalId is.')
@allowed([
  'User'
  'Group'
  'ServicePrincipal'
])
param principalType string = 'User'

@description('Make a container for locks, so that two runs of provisioner never write at once.')
param enableLocks bool = false

@description('Make Log Analytics and Application Insights, and connect every project to them.')
param enableMonitoring bool = false

@description('Days that logs and traces are kept.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 30

@description('Most gigabytes of logs and traces a day; what is more is dropped. -1: no limit.')
@minValue(-1)
param logDailyQuotaGb int = 1

@description('Tags of every resource, beside the environment.')
param tags object = {}

// Names are passed on as they are, and not as outputs: what-if foresees what has a name before anything is made.
var suffix = '${environmentName}-${uniqueString(resourceGroup().id)}'
var applicationInsightsName = 'appi-${suffix}'
var lockStorageName = 'stlocks${uniqueString(resourceGroup().id, environmentName)}'
var lockContainerName = 'provisioner-locks'
var allTags = union({ environment: environmentName }, tags)

module account 'modules/account.bicep' = {
  params: {
    name: accountName
    location: location
    customSubDomainName: customSubDomainName
    publicNetworkAccess: publicNetworkAccess
    allowedIpRanges: allowedIpRanges
    allowedSubnetIds: allowedSubnetIds
    restoreDeletedAccount: restoreDeletedAccount
    tags: allTags
  }
}

// One write of an account at a time: a second one is refused with 409 RequestConflict.
@batchSize(1)
module foundryProjects 'modules/project.bicep' = [for project in projects: {
  params: {
    accountName: accountName
    name: project.name
    location: location
    displayName: project.?displayName ?? project.name
    projectDescription: project.?description
    tags: allTags
  }
  dependsOn: [
    account
  ]
}]

module pipelineIdentity 'modules/pipeline-identity.bicep' = if (length(githubSubjects) > 0) {
  params: {
    name: 'id-${suffix}'
    location: location
    githubSubjects: githubSubjects
    tags: allTags
  }
}

module pipelineAccess 'modules/access.bicep' = if (length(githubSubjects) > 0) {
  params: {
    accountName: accountName
    projectNames: map(projects, item => item.name)
    principalId: pipelineIdentity.?outputs.principalId ?? ''
    principalType: 'ServicePrincipal'
  }
  dependsOn: [
    foundryProjects
  ]
}

module principalAccess 'modules/access.bicep' = if (principalId != '') {
  params: {
    accountName: accountName
    projectNames: map(projects, item => item.name)
    principalId: principalId
    principalType: principalType
  }
  dependsOn: [
    foundryProjects
  ]
}

module locks 'modules/locks.bicep' = if (enableLocks) {
  params: {
    name: lockStorageName
    location: location
    containerName: lockContainerName
    tags: allTags
  }
}

module pipelineLocks 'modules/lock-role.bicep' = if (enableLocks && length(githubSubjects) > 0) {
  params: {
    storageName: lockStorageName
    containerName: lockContainerName
    principalId: pipelineIdentity.?outputs.principalId ?? ''
    principalType: 'ServicePrincipal'
  }
  dependsOn: [
    locks
  ]
}

module principalLocks 'modules/lock-role.bicep' = if (enableLocks && principalId != '') {
  params: {
    storageName: lockStorageName
    containerName: lockContainerName
    principalId: principalId
    principalType: principalType
  }
  dependsOn: [
    locks
  ]
}

module monitoring 'modules/monitoring.bicep' = if (enableMonitoring) {
  params: {
    workspaceName: 'log-${suffix}'
    applicationInsightsName: applicationInsightsName
    location: location
    retentionDays: logRetentionDays
    dailyQuotaGb: logDailyQuotaGb
    tags: allTags
  }
}

@batchSize(1)
module monitoringConnections 'modules/monitoring-connection.bicep' = [for project in projects: if (enableMonitoring) {
  params: {
    accountName: accountName
    projectName: project.name
    applicationInsightsName: applicationInsightsName
  }
  dependsOn: [
    foundryProjects
    monitoring
  ]
}]

@description('Endpoint of the first project.')
output projectEndpoint string = foundryProjects[0].outputs.endpoint

@description('The account that deployments belong to.')
output accountName string = account.outputs.name

@description('The subscription of the account.')
output subscriptionId string = subscription().subscriptionId

@description('The resource group of the account.')
output resourceGroupName string = resourceGroup().name

@description('The region of the account.')
output location string = location

@description('Client id that a workflow signs in with; empty without githubSubjects.')
output pipelineClientId string = pipelineIdentity.?outputs.clientId ?? ''

@description('Where locks are, for `lock.azure_blob.account_url` of a manifest; empty without enableLocks.')
output lockAccountUrl string = locks.?outputs.accountUrl ?? ''

@description('The container of locks; empty without enableLocks.')
output lockContainer string = enableLocks ? lockContainerName : ''

@description('Endpoints of all projects.')
output projectEndpoints string[] = [for i in range(0, length(projects)): foundryProjects[i].outputs.endpoint]

@description('Object ids of the identities of all projects.')
output projectPrincipalIds string[] = [for i in range(0, length(projects)): foundryProjects[i].outputs.principalId]
