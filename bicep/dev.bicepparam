using 'main.bicep'

// A place to try things out: whoever deploys may provision, and traces are kept for a month.
param environmentName = 'dev'
param projects = [
  {
    name: 'agents-dev'
    displayName: 'Agents (dev)'
    description: 'To try things out.'
  }
]
param principalId = readEnvironmentVariable('AZURE_PRINCIPAL_ID', '')
param principalType = 'User'
param enableLocks = true
param enableMonitoring = true
