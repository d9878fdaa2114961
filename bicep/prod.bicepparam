using 'main.bicep'

// Only the pipeline provisions: GITHUB_SUBJECTS are its subjects, with a comma between them.
var subjects = readEnvironmentVariable('GITHUB_SUBJECTS', '')

param environmentName = 'prod'
param projects = [
  {
    name: 'agents-prod'
    displayName: 'Agents'
  }
]
param githubSubjects = empty(subjects) ? [] : split(subjects, ',')
param enableLocks = true
param enableMonitoring = true
param logRetentionDays = 90
param logDailyQuotaGb = 5
