"""What the embedded model knows of the world: words that belong together. Data only.

A concept has members (words or short phrases, lower case, parted by commas) and may belong to wider concepts.
"""

from __future__ import annotations

from typing import Final

from .tables import word_set

# concept: (wider concepts, members)
CONCEPTS: Final[dict[str, tuple[str, str]]] = {
    # Software
    "coding": (
        "",
        """
        code, coding, coder, program, programming, programmer, software, develop, developer, development,
        engineer, engineering, parse, parser, parsing, json, yaml, csv, xml, regex, function, class, method,
        api, apis, script, sdk, library, package, module, refactor, debug, bug, compile, compiler, algorithm,
        loop, type hints, type annotations, typing, static typing, unit test, tests, testing, lint, linter,
        formatter, backend, frontend, full-stack, open source, microservices, functional programming,
        object-oriented, async, decorator, recursion, http request, data structure, sort, endpoint, cli,
        snippet, codebase, repository, pull request, code review
        """,
    ),
    "language": (
        "coding",
        """
        language, python, javascript, typescript, java, kotlin, scala, go, golang, rust, c, c++, c#, f#, ruby,
        php, perl, swift, objective-c, haskell, ocaml, elixir, erlang, clojure, lisp, julia, r, matlab, fortran,
        cobol, dart, lua, zig, nim, bash scripting, sql, assembly, solidity, visual basic, .net, powershell
        """,
    ),
    "editor": (
        "tool, coding",
        """
        editor, ide, text editor, code editor, vs code, vscode, visual studio code, visual studio, vim, neovim,
        nvim, emacs, spacemacs, doom emacs, sublime, sublime text, intellij, intellij idea, pycharm, webstorm,
        goland, rider, clion, eclipse, netbeans, xcode, android studio, zed, helix, nano, notepad++, atom,
        cursor, kakoune, rubymine, phpstorm, jupyter, spyder, rstudio, fleet
        """,
    ),
    "os": (
        "tool, computer",
        """
        os, operating system, macos, mac os, os x, windows, linux, ubuntu, debian, fedora, arch linux, arch,
        nixos, opensuse, red hat, rhel, centos, alpine, manjaro, mint, linux mint, pop os, freebsd, openbsd,
        chromeos, wsl, wsl2, windows 10, windows 11, gentoo, distro, platform
        """,
    ),
    "shell": (
        "tool, coding",
        """
        shell, terminal, zsh, bash, fish, nushell, pwsh, tmux, iterm, alacritty, kitty, wezterm, ghostty
        """,
    ),
    "browser": ("tool", "browser, firefox, chrome, chromium, safari, edge, brave, vivaldi, opera, arc browser"),
    "phone": ("tool, computer", "phone, smartphone, iphone, ios, android, pixel, galaxy, mobile"),
    "computer": (
        "",
        """
        computer, laptop, desktop, macbook, thinkpad, machine, workstation, raspberry pi, keyboard, monitor,
        hardware
        """,
    ),
    "database": (
        "tool, coding",
        """
        database, db, postgres, postgresql, mysql, mariadb, sqlite, mongodb, redis, cassandra, duckdb, oracle,
        snowflake, bigquery, dynamodb, cosmos db
        """,
    ),
    "cloud": (
        "tool, coding",
        """
        cloud, azure, aws, gcp, google cloud, hosting, heroku, vercel, netlify, cloudflare, deploy, deployment,
        kubernetes, k8s, docker, podman, container, containers, terraform, bicep, helm, serverless,
        infrastructure, ansible, pulumi
        """,
    ),
    "framework": (
        "tool, coding",
        """
        framework, django, flask, fastapi, starlette, react, vue, svelte, angular, next.js, node.js, node, deno,
        bun, rails, ruby on rails, laravel, spring, spring boot, asp.net, express, pytorch, tensorflow, numpy,
        pandas, polars, qt, flutter, tailwind, blazor, pydantic
        """,
    ),
    "testing": (
        "coding, tool",
        """
        test, tests, testing, pytest, unittest, jest, vitest, junit, playwright, selenium, cypress, hypothesis,
        test framework, rspec, xunit
        """,
    ),
    "package_manager": (
        "tool, coding",
        """
        package manager, pip, uv, poetry, pipenv, conda, pixi, npm, yarn, pnpm, cargo, homebrew, brew, nuget,
        maven, gradle
        """,
    ),
    "version_control": (
        "tool, coding",
        """
        version control, git, github, gitlab, bitbucket, mercurial, svn, commit, commits, branch, merge, rebase,
        jujutsu
        """,
    ),
    "tool": (
        "",
        """
        tool, tools, tooling, app, apps, application, setup, environment, stack, toolchain, slack, teams,
        notion, obsidian, jira, linear, trello, figma, excel, spreadsheet, todoist
        """,
    ),
    "indentation": ("coding, style", "indentation, indent, tabs, tab, spaces, two spaces, four spaces, whitespace"),
    "theme": (
        "tool",
        """
        theme, dark mode, light mode, dark theme, light theme, dark themes, light themes, colour scheme, color
        scheme, solarized, gruvbox
        """,
    ),
    # How to speak with the user
    "style": (
        "preference",
        """
        style, answer, answers, answer style, reply, replies, response, responses, explanation, explanations,
        explain, format, concise, brief, short, terse, succinct, verbose, detailed, long, thorough, step by
        step, bullet points, bullets, examples, code-first, tone, formal, informal, casual, friendly, emoji,
        emojis, markdown, jargon, plain english, summary, summaries, diagrams, tables, comments, one-liners
        """,
    ),
    "answer_length": (
        "style",
        """
        concise, brief, short, terse, succinct, verbose, detailed, long, thorough, lengthy, in-depth
        """,
    ),
    "preference": (
        "",
        """
        prefer, prefers, preference, preferences, preferred, like, likes, love, loves, enjoy, enjoys, favourite,
        favorite, dislike, dislikes, hate, hates, taste, recommend, recommendation, suggest, suggestion, style,
        best for me, fond, rather
        """,
    ),
    # The person
    "name": ("identity", "name, called, nickname, call me, address me, who am i, surname"),
    "identity": ("", "about me, who am i, profile, know about me, remember about me, background"),
    "age": ("identity", "age, old, years old, birthday, born, birth"),
    "location": (
        "identity",
        """
        location, live, lives, living, city, town, country, based, home town, address, reside, resides, where,
        moved to, relocated, neighbourhood, region, place, abroad
        """,
    ),
    "timezone": (
        "location",
        """
        timezone, time zone, utc, gmt, cet, cest, pst, pdt, est, edt, cst, pacific time, eastern time, central
        time, working hours, meeting time, schedule
        """,
    ),
    "employer": ("work", "employer, company, works at, work at, works for, work for, firm, workplace, joined"),
    "role": (
        "work",
        """
        role, job title, title, profession, occupation, position, engineer, developer, nurse, teacher, doctor,
        designer, manager, student, lawyer, accountant, architect, analyst, scientist, researcher, consultant,
        chef, writer, journalist, electrician, plumber, musician, founder, cto, ceo, director, professor,
        freelancer, data scientist, product manager, pharmacist, farmer, pilot, librarian, photographer
        """,
    ),
    "work": (
        "",
        """
        work, works, job, career, office, team, colleague, colleagues, boss, manager, remote, remotely, shift,
        project, client, living, employed, industry, business, meeting, meetings
        """,
    ),
    "goal": (
        "",
        """
        goal, goals, plan, plans, planning, aim, ambition, want, wants, hope, hopes, dream, launch, milestone,
        deadline, learning, learn, train, training, prepare, preparing, saving, project, build, building,
        currently working on, upcoming, marathon, exam, certification
        """,
    ),
    "spoken": (
        "identity",
        """
        language, speak, speaks, fluent, native language, mother tongue, bilingual, english, spanish,
        portuguese, french, german, italian, dutch, danish, swedish, norwegian, finnish, polish, czech, greek,
        turkish, arabic, hebrew, hindi, tamil, urdu, mandarin, chinese, japanese, korean, russian, ukrainian,
        catalan, swahili
        """,
    ),
    "food": (
        "",
        """
        food, eat, eats, meal, meals, dinner, lunch, breakfast, restaurant, recipe, recipes, cook, cooks,
        cooking, cuisine, dish, snack, snacks, dessert, hungry, pasta, pizza, sushi, curry, soup, salad, bread,
        chocolate, cake, rice, tofu, vegetables, fruit, spicy, spicy food, sweets, noodles, ramen, tacos,
        barbecue, mushrooms, olives, coriander, cilantro
        """,
    ),
    "diet": (
        "food, health",
        """
        diet, vegetarian, vegan, pescatarian, omnivore, carnivore, keto, paleo, halal, kosher, gluten-free,
        dairy-free, plant-based, meat eater, dietary, lactose intolerant, gluten intolerant
        """,
    ),
    "meat": (
        "food",
        """
        meat, steak, steaks, beef, pork, bacon, ham, chicken, lamb, sausage, sausages, burger, burgers, turkey,
        veal, ribs, salami, barbecue
        """,
    ),
    "fish": ("food", "fish, salmon, tuna, sushi, seafood, shrimp, prawns, cod, shellfish, oysters"),
    "dairy": ("food", "dairy, milk, cheese, butter, yoghurt, yogurt, cream, ice cream"),
    "allergy": (
        "food, health",
        """
        allergy, allergies, allergic, intolerant, intolerance, peanut, peanuts, nuts, tree nuts, shellfish,
        pollen, lactose, gluten
        """,
    ),
    "drink": (
        "food",
        """
        drink, drinks, beverage, coffee, espresso, tea, green tea, decaf, beer, wine, whisky, cocktail, juice,
        water, soda, oat milk, matcha, cocoa, alcohol, caffeine
        """,
    ),
    "health": (
        "",
        """
        health, medical, doctor, illness, disease, medication, diabetic, diabetes, asthma, dyslexic, dyslexia,
        colour-blind, color-blind, deaf, blind, migraine, therapy, pregnant, glasses, insomnia, disability,
        disabled, anxiety, allergy, allergic
        """,
    ),
    "family": (
        "identity",
        """
        family, wife, husband, partner, spouse, son, daughter, kid, kids, child, children, mother, father, mum,
        mom, dad, parents, brother, sister, siblings, twins, grandmother, grandfather, married, girlfriend,
        boyfriend, fiancé, baby, niece, nephew, uncle, aunt, cousin
        """,
    ),
    "pet": (
        "",
        """
        pet, pets, dog, dogs, cat, cats, puppy, kitten, parrot, rabbit, hamster, horse, goldfish, poodle,
        tortoise, vet
        """,
    ),
    "sport": (
        "hobby",
        """
        sport, sports, exercise, gym, workout, run, runs, running, marathon, half marathon, swim, swimming,
        swims, cycle, cycling, cycles, bike, climbing, climb, climbs, bouldering, yoga, tennis, football,
        soccer, basketball, chess, ski, skiing, skis, hike, hiking, hikes, surf, surfing, rowing, badminton,
        volleyball, martial arts, judo
        """,
    ),
    "music": (
        "hobby",
        """
        music, guitar, piano, violin, drums, cello, saxophone, band, jazz, classical music, rock, techno, opera,
        concert, concerts, song, songs, album, vinyl, playlist, instrument, singing, choir, podcast, podcasts
        """,
    ),
    "reading": (
        "hobby",
        """
        read, reads, reading, book, books, novel, novels, fiction, science fiction, sci-fi, fantasy, poetry,
        author, biography, biographies, library, crime fiction, thriller, thrillers
        """,
    ),
    "film": (
        "hobby",
        """
        film, films, movie, movies, series, tv, television, documentary, documentaries, cinema, anime, horror
        films, comedy, comedies, watch
        """,
    ),
    "travel": (
        "hobby",
        """
        travel, travels, trip, trips, holiday, vacation, flight, flights, fly, hotel, train, trains, airport,
        window seat, aisle seat, backpacking, visit, camping, itinerary, weekend away, passport
        """,
    ),
    "hobby": (
        "",
        """
        hobby, hobbies, free time, spare time, weekend, weekends, pastime, gardening, garden, photography,
        painting, knitting, woodworking, baking, gaming, video games, board games, drawing, pottery,
        birdwatching, volunteering, fun, leisure, interests
        """,
    ),
    "habit": (
        "",
        """
        habit, routine, every day, every morning, every evening, daily, weekly, usually, always, wakes up, wake
        up, gets up, early riser, night owl, morning person, meditate, meditates, journaling, morning, evening
        """,
    ),
    "transport": (
        "",
        """
        car, drive, drives, driving, commute, commutes, bus, bike, bicycle, motorbike, tesla, electric car, van,
        truck, subway, tram, train
        """,
    ),
    "ownership": ("", "own, owns, has, car, house, flat, apartment, boat"),
    "finance": (
        "",
        """
        finance, finances, financial, money, salary, income, mortgage, loan, debt, savings, investment,
        investments, bank, pension, budget, rent, tax, taxes, earn, earns, stocks, credit card
        """,
    ),
    "religion": (
        "",
        """
        religion, religious, church, mosque, synagogue, temple, christian, muslim, jewish, hindu, buddhist,
        atheist, catholic, faith, pray, prays
        """,
    ),
    "politics": (
        "",
        """
        politics, political, vote, votes, party, election, conservative, liberal, socialist, left-wing,
        right-wing
        """,
    ),
    "secret": (
        "",
        """
        secret, secrets, password, passwords, passphrase, pin, pin code, api key, api keys, access token,
        credentials, credential, private key, social security number, ssn, passport number, card number, cvv,
        security code
        """,
    ),
    "contact": (
        "identity",
        """
        email, email address, phone number, telephone, contact, handle, username, github handle
        """,
    ),
    "education": (
        "identity",
        """
        education, university, college, school, degree, phd, master's, bachelor's, studied, studies, study,
        graduated, course, courses, student, mathematics, physics, graduate
        """,
    ),
}

# Names that are everyday words as well
NAMES_AND_WORDS: Final = word_set(
    """
    arch atom brave bun c cursor dart edge express fleet galaxy go linear mint notion opera oracle pixel r rider
    slack spring swift teams
    """
)

# Of these a person has one at a time, so a newer statement replaces the older one ...
SINGLE_CONCEPTS: Final = ("editor", "os", "shell", "browser", "phone", "diet")
# ... and of these, however it is said ("prefers tabs" after "uses spaces")
TASTE_CONCEPTS: Final = ("indentation", "theme", "answer_length")

# Words of a store's details that stand for several concepts
WIDE_TOPICS: Final[dict[str, tuple[str, ...]]] = {
    "sensitive": ("secret", "health", "finance", "religion", "politics", "contact"),
    "personal": ("identity", "family", "health", "age", "location", "contact"),
    "food": ("food", "diet", "drink", "allergy"),
    "money": ("finance",),
    "precise": ("location",),
}

# Naming a diet rules out liking these
DIET_EXCLUDES: Final[dict[str, tuple[str, ...]]] = {
    "vegetarian": ("meat", "fish"),
    "pescatarian": ("meat",),
    "vegan": ("meat", "fish", "dairy"),
    "plant-based": ("meat", "fish", "dairy"),
    "kosher": (),
}
