from django.urls import URLPattern, path

from students.views import edit_due, edit_guardian, edit_student, edit_team, mine, roster, staff, student

app_name = "students"
urlpatterns: list[URLPattern] = [
    path("", mine.mine, name="mine"),
    path("due-dates/<int:pk>/", edit_due.due_edit, name="due_edit"),
    path("due-dates/<int:pk>/close/", edit_due.due_close, name="due_close"),
    path("due-dates/<int:pk>/reopen/", edit_due.due_reopen, name="due_reopen"),
    path("guardians/<int:pk>/", edit_guardian.guardian_edit, name="guardian_edit"),
    path("guardians/<int:pk>/end/", edit_guardian.guardian_end, name="guardian_end"),
    path("import/", roster.roster, name="import"),
    path("import/<int:pk>/", roster.roster_one, name="import_one"),
    path("import/<int:pk>/again/", roster.roster_again, name="import_again"),
    path("import/<int:pk>/bad-rows.csv", roster.roster_bad_rows, name="import_bad_rows"),
    path("import/<int:pk>/confirm/", roster.roster_confirm, name="import_confirm"),
    path("staff/", staff.staff, name="staff"),
    path("staff/add/", staff.staff_add, name="staff_add"),
    path("staff/<int:pk>/", staff.staff_edit, name="staff_edit"),
    path("staff/<int:pk>/invite/", staff.staff_invite, name="staff_invite"),
    path("students/add/", edit_student.student_add, name="student_add"),
    path("students/<int:pk>/", student.student, name="student"),
    path("students/<int:pk>/edit/", edit_student.student_edit, name="student_edit"),
    path("students/<int:pk>/left/", edit_student.student_left, name="student_left"),
    path("students/<int:student>/due/add/", edit_due.due_add, name="due_add"),
    path("students/<int:student>/guardians/add/", edit_guardian.guardian_add, name="guardian_add"),
    path("students/<int:student>/guardians/restore/", edit_guardian.guardian_restore, name="guardian_restore"),
    path("students/<int:student>/team/add/", edit_team.team_add, name="team_add"),
    path("students/<int:student>/team/restore/", edit_team.team_restore, name="team_restore"),
    path("team/<int:pk>/", edit_team.team_edit, name="team_edit"),
    path("team/<int:pk>/remove/", edit_team.team_remove, name="team_remove"),
]
